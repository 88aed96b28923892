import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { redactionNames } from "../../../src/model/redaction-names.ts";
import { builtinRedactions } from "../../../src/processor/builtin-redactions.ts";
import { createRedactor } from "../../../src/processor/redact.ts";
import messages from "./real-messages.json" with { type: "json" };

const redact = createRedactor(redactionNames, []);

// Put together here, so that no scanner takes the test for a leak.
const jwt = ["eyJhbGciOiJSUzI1NiJ9", "eyJpc3MiOiJrdWJlcm5ldGVzIn0", "c2lnbmF0dXJlLW9mLXRva2Vu"].join(".");
const rsa = "RSA PRIVATE KEY";
const key = `-----BEGIN ${rsa}-----`;
const keyEnd = `-----END ${rsa}-----`;
const awsId = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
const awsSecret = ["wJalrXUtnFEMIK7MDENG", "bPxRfiCYEXAMPLEKEYab"].join("");
const slackPath = ["T00000000", "B00000000", "XXXXXXXX"].join("/");
const hex36 = "0123456789abcdefABCDEF0123456789abcd";

const secrets: readonly { readonly text: string; readonly expected: string; readonly count?: number }[] = [
  {
    text: `invalid key ${key}\nMIIEpAIBAAKCAQEA7\n${keyEnd} in Secret tls`,
    expected: "invalid key [redacted:private_key] in Secret tls",
  },
  { text: `cut: ${key}\nMIIEpAIB`, expected: "cut: [redacted:private_key]" },
  {
    text: "-----BEGIN PGP PRIVATE KEY BLOCK-----x-----END PGP PRIVATE KEY BLOCK----- -----BEGIN CERTIFICATE-----",
    expected: "[redacted:private_key] -----BEGIN CERTIFICATE-----",
  },
  {
    text: 'dial "postgres://app:hunter2@db.payments:5432/app?sslmode=off": refused',
    expected: 'dial "postgres://[redacted:url_credentials]@db.payments:5432/app?sslmode=off": refused',
  },
  {
    text: 'parse "amqp://u:p@ss#w?rd@mq/": invalid port',
    expected: 'parse "amqp://[redacted:url_credentials]@mq/": invalid port',
  },
  { text: "redis://:s3cret@cache:6379/0", expected: "redis://[redacted:url_credentials]@cache:6379/0" },
  {
    text: "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    expected: "Authorization: Basic [redacted:authorization_header]",
  },
  {
    text: '{"authorization":"Bearer abc123def"}',
    expected: '{"authorization":"Bearer [redacted:authorization_header]"}',
  },
  {
    text: "curl -H 'Authorization: Token 0123abcd' failed",
    expected: "curl -H 'Authorization: Token [redacted:authorization_header]' failed",
  },
  { text: `bearer ${hex36}`, expected: "bearer [redacted:bearer_token]" },
  { text: `Bearer ${jwt} expired`, expected: "Bearer [redacted:bearer_token] expired" },
  {
    text: "Get https://b.s3/x?X-Amz-Credential=AKIAEXAMPLE%2F2026&X-Amz-Expires=9&X-Amz-Signature=0a1b2c3d4e: EOF",
    expected:
      "Get https://b.s3/x?X-Amz-Credential=[redacted:signed_url]&X-Amz-Expires=9&X-Amz-Signature=[redacted:signed_url] EOF",
    count: 2,
  },
  {
    text: "https://acct.blob.core.windows.net/c?sv=2024&sig=Zm9vYmFyYmF6%3D",
    expected: "https://acct.blob.core.windows.net/c?sv=2024&sig=[redacted:signed_url]",
  },
  {
    text: "mysql -u root --password=hunter2 -h db",
    expected: "mysql -u root --password=[redacted:password] -h db",
  },
  { text: 'env PGPASSWORD="two words" set', expected: "env PGPASSWORD=[redacted:password] set" },
  { text: '{"user":"a","password":"p\'w"}', expected: '{"user":"a","password":[redacted:password]}' },
  { text: 'body \\"password\\": \\"pw\\"', expected: 'body \\"password\\": [redacted:password]' },
  { text: "Server=db;Uid=sa;Pwd=hunter2;", expected: "Server=db;Uid=sa;Pwd=[redacted:password];" },
  { text: "password: hunter2", expected: "password: [redacted:password]" },
  { text: `--token=${hex36}`, expected: "--token=[redacted:token]" },
  { text: "VAULT_TOKEN=hvs.CAESIJ1", expected: "VAULT_TOKEN=[redacted:token]" },
  { text: `"api_key": "${hex36}"`, expected: '"api_key": "[redacted:token]"' },
  { text: "client_secret=8Q9x~abcDEF", expected: "client_secret=[redacted:token]" },
  { text: `x-token-value ${jwt}.`, expected: "x-token-value [redacted:jwt]" },
  { text: `key ${awsId} denied`, expected: "key [redacted:aws_key] denied" },
  {
    text: `SecretAccessKey: ${awsSecret}`,
    expected: "SecretAccessKey: [redacted:aws_key]",
  },
  { text: `AccountKey=${hex36}==;`, expected: "AccountKey=[redacted:azure_key];" },
  { text: `secret abc8Q~${hex36.slice(0, 34)} expired`, expected: "secret [redacted:azure_key] expired" },
  { text: `key=AIza${hex36.slice(0, 35)} invalid`, expected: "key=[redacted:google_key] invalid" },
  { text: `ya29.${hex36}`, expected: "[redacted:google_key]" },
  {
    text: `https://ghp_${hex36}@github.com/org/repo`,
    expected: "https://[redacted:github_token]@github.com/org/repo",
  },
  { text: `github_pat_${hex36}`, expected: "[redacted:github_token]" },
  { text: `glpat-${hex36}`, expected: "[redacted:gitlab_token]" },
  { text: `dckr_pat_${hex36}`, expected: "[redacted:docker_token]" },
  { text: `xoxb-${hex36}`, expected: "[redacted:slack_token]" },
  { text: `xapp-1-${hex36}`, expected: "[redacted:slack_token]" },
  { text: `gho_${hex36}.`, expected: "[redacted:github_token]." },
  {
    text: `post to https://hooks.slack.com/services/${slackPath}`,
    expected: "post to https://hooks.slack.com/services/[redacted:slack_token]",
  },
];

for (const { text, expected, count = 1 } of secrets) {
  test(`redacted: ${expected}`, () => {
    assert.deepEqual(redact(text), { text: expected, count });
    assert.equal(redact(expected), undefined, "twice is once");
  });
}

test("each kind of secret has an example above", () => {
  const shown = new Set(
    secrets.flatMap(({ expected }) => [...expected.matchAll(/\[redacted:(\w+)\]/g)].map(([, name]) => name)),
  );
  assert.deepEqual(shown, new Set(redactionNames));
});

test("no message of a real component is touched", () => {
  for (const message of messages) assert.equal(redact(message), undefined, message);
});

const innocent = [
  "",
  "dial tcp 10.0.0.10:5432: connect: connection refused",
  'Get "https://api.example.com:6443/api/v1/users?email=a@b.com": EOF',
  "http://[::1]:8080/a:b@c",
  "docker-pullable://alpine:3.19@sha256:0123456789abcdef",
  "oci://registry:5000/shop/cart@sha256:0123456789abcdef",
  "ssh://git@github.com:22/org/repo",
  "references non-existent secret key: password",
  'couldn\'t find key password in Secret "db"',
  "failed to fetch token: serviceaccounts is forbidden",
  "bearer authentication-required-for-this-request",
  "Authorization: denied",
  "spec.password: Invalid value: must not be empty",
  "password=$(DB_PASSWORD) token=${TOKEN}",
  "password=/etc/secrets/password",
  "tokenExpirationSeconds=3607 --token-ttl=24h0m0s",
  "imagePullSecret=regcred secretName=tls-2026",
  "token=expired",
  "node ip-10-0-0-1.eu-west-1.compute.internal not ready",
  "pod ghost_writer-x2x9p",
];

for (const text of innocent) {
  test(`left alone: ${text}`, () => {
    assert.equal(redact(text), undefined);
  });
}

const fragment = fc.constantFrom(
  ...secrets.map(({ text }) => text),
  ..."=:\"'\\ @[]/.-?&;,\n".split(""),
  "password",
  "token",
  "://u:p",
  "[redacted:jwt]",
);

test("whatever stands together, doing it twice is doing it once", () => {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 6 }), (fragments) => {
      const once = redact(fragments.join(""));
      if (once !== undefined) assert.equal(redact(once.text), undefined, once.text);
    }),
    { numRuns: 2000 },
  );
});

const searches = Object.values(builtinRedactions).flat();

test("every pattern is bounded: no `*`, no `+`, no open end, and it names what it needs", () => {
  for (const { pattern } of searches) {
    const withoutClasses = pattern.source.replaceAll(/\\./g, "_").replaceAll(/\[\^?\]?[^\]]*\]/g, "_");
    assert.doesNotMatch(withoutClasses, /[*+]|\{\d+,\}/, pattern.source);
    assert.ok(pattern.global);
  }
  const characters = new Set(searches.flatMap(({ needs }) => needs.split("")));
  assert.ok(characters.size <= 31, "each telling character has a bit of its own");
});

test("a text that matches has the characters that the pattern needs", () => {
  for (const { text } of secrets) {
    for (const { needs, contains = "", pattern } of searches) {
      for (const { 0: match, index } of text.matchAll(pattern)) {
        // With the next character, which a look-ahead may ask for.
        const seen = text.slice(index, index + match.length + 1);
        assert.ok(seen.includes(contains), `${pattern.source}: ${contains} in ${seen}`);
        for (const need of needs) assert.ok(seen.includes(need), `${pattern.source}: ${need} in ${seen}`);
      }
    }
  }
});

const crafted = [
  "://",
  "://a:",
  "://a:b/",
  "a://b:c@",
  `${key} `,
  "-----END ",
  "eyJ",
  "eyJaaaaaaaa.",
  "Bearer a",
  "bearer ",
  "password=",
  'password="',
  "password: ",
  "token=a",
  "token:'",
  "Authorization: ",
  "Authorization: Bearer a1",
  "github_pat_",
  "xoxb-",
  "xx-",
  "ya29.",
  "AKIA",
  "?sig=",
  "1Q~",
  "a.9Q~",
];

// A pattern that goes back over what it has read needs 10^10 steps here and more: the test would not come back.
test("a crafted message of 256 KiB neither stops the exporter nor hides a secret at its end", () => {
  const secret = `ghp_${"Ab1".repeat(12)}`;
  for (const part of crafted) {
    const message = `${part.repeat((256 * 1024) / part.length)}\n${secret}`;
    assert.ok(!(redact(message)?.text ?? message).includes(secret), part);
  }
});
