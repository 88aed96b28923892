import type { RedactionName } from "../model/redaction-names.ts";

/**
 * One way a kind of secret looks. Rules for a pattern, so that no message, however crafted, costs more than linear time
 * (a test holds them):
 * - it begins with literal characters, and where these may stand in what follows them, a look-behind sees to it that they
 *   begin a run (the look-behind comes after them: before, it would be tried at every character);
 * - every quantifier has an upper bound;
 * - group 1, if there is one, is what stays of the match; what stands in the place of the rest is not matched again.
 */
export interface SecretPattern {
  /** Characters that every match has, rare ones first of all: a text without one of them is not searched. */
  readonly needs: string;
  /** A text that every match has, where there is one: looking for it is cheaper than trying the pattern. */
  readonly contains?: string;
  readonly pattern: RegExp;
}

/** A value has a digit, or a capital after a small letter, in its first 64 characters: that is no word of prose. */
const tokenLike = String.raw`(?=[\w+/.~%=-]{0,63}(?:\d|[a-z][A-Z]))`;
/** Not a placeholder, and not a path such as `/etc/passwords`. */
const real = String.raw`(?![$%][({]|[*]{2}|nil\b|null\b|<|/[a-z]{1,20}/)`;
/** Up to what usually ends a value; it cannot begin with a bracket, as `[redacted:…]` does. */
const value = (least: number): string =>
  String.raw`[^\s"'${"`"},;&<>(){}[\]\\][^\s"'${"`"},;&]{${least - 1},1023}`;
const quoted = String.raw`\\?"[^"\\[][^"\\]{0,511}\\?"|'[^'[][^']{0,511}'`;
const quote = String.raw`\\?["'${"`"}]`;

const passwordKey = "(?:[Pp]ass(?:[Ww]ord|wd|phrase)|PASS(?:WORD|WD|PHRASE)|(?<![A-Za-z])[Pp]wd)";
const tokenKey =
  "(?:[Tt]oken|TOKEN|[Aa]pi[_-]?[Kk]ey|API_?KEY|[Aa]ccess[_-]?[Kk]ey|ACCESS_?KEY|" +
  "[Ss]ecret[_-]?[Kk]ey|SECRET_?KEY|[Cc]lient[_-]?[Ss]ecret|CLIENT_?SECRET)";

function regExp(...parts: readonly string[]): RegExp {
  return new RegExp(parts.join(""), "g");
}

export const builtinRedactions: Readonly<Record<RedactionName, readonly SecretPattern[]>> = {
  // To its end; without one, 16 KiB of what follows.
  private_key: [
    {
      needs: "BGK",
      contains: "PRIVATE KEY",
      pattern:
        /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]{0,16384}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)|[\s\S]{16384})/g,
    },
  ],
  // Not `host:port/path@…`, and not an image's `name:tag@sha256:…`.
  url_credentials: [
    {
      needs: ":@",
      contains: "://",
      pattern:
        /(:\/\/)[^\s/?#@:"'`<>[\]]{0,256}:(?!\d{1,5}[/?#])(?:[^\s"'`<>/]|\/(?!\/)){1,512}(?=@(?!sha\d))/g,
    },
  ],
  authorization_header: [
    {
      needs: "uz",
      contains: "uthorization",
      pattern: regExp(
        `([Aa]uthorization(?:${quote})?\\s{0,2}[:=]\\s{0,2}(?:${quote})?`,
        "(?:(?:[Bb]asic|[Bb]earer|[Tt]oken|[Dd]igest|[Nn]egotiate|[Aa]pi[Kk]ey|AWS4-HMAC-SHA256)\\s{1,2})?)",
        tokenLike,
        value(6),
      ),
    },
  ],
  bearer_token: [
    {
      needs: "b",
      contains: "bearer",
      pattern: regExp("(bearer\\s{1,3})", tokenLike, "[\\w.~+/-]{16,4096}={0,2}"),
    },
    {
      needs: "B",
      contains: "Bearer",
      pattern: regExp("(Bearer\\s{1,3})", tokenLike, "[\\w.~+/-]{16,4096}={0,2}"),
    },
  ],
  // A presigned URL opens what it points to: S3, Google Cloud Storage, Azure's shared access signatures.
  signed_url: [
    {
      needs: "=",
      pattern:
        /([?&](?:X-Amz-(?:Signature|Security-Token|Credential)|X-Goog-(?:Signature|Credential)|Signature|sig)=)[^\s&"'`\\<>[]{8,4096}/g,
    },
  ],
  password: [
    {
      needs: "=",
      pattern: regExp(`(${passwordKey}(?:${quote})?\\s{0,2}=\\s{0,2})${real}(?:${quoted}|${value(1)})`),
    },
    { needs: ':"', pattern: regExp(`(${passwordKey}\\\\?"\\s{0,2}:\\s{0,2})${real}(?:${quoted})`) },
    {
      needs: ":",
      pattern: regExp(`(${passwordKey}\\s{0,2}:\\s{0,2})${real}${tokenLike}(?:${quoted}|${value(6)})`),
    },
  ],
  token: [
    {
      needs: "=",
      pattern: regExp(
        `(${tokenKey}(?:${quote})?\\s{0,2}=\\s{0,2}(?:${quote})?)${real}${tokenLike}${value(8)}`,
      ),
    },
    {
      needs: ":",
      pattern: regExp(
        `(${tokenKey}(?:${quote})?\\s{0,2}:\\s{0,2}(?:${quote})?)${real}${tokenLike}${value(16)}`,
      ),
    },
  ],
  // https://www.rfc-editor.org/rfc/rfc7515#section-3.1: a header that begins with `{"`, payload, signature
  jwt: [
    {
      needs: "J.",
      contains: "eyJ",
      pattern: /eyJ(?<![\w-]eyJ)[\w-]{8,4096}\.[\w-]{8,8192}(?:\.[\w-]{0,4096}){1,3}/g,
    },
  ],
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  aws_key: [
    { needs: "AI", pattern: /A[KS]IA(?<![A-Z0-9]....)[A-Z2-7]{16}(?![A-Z0-9])/g },
    {
      needs: "AK",
      contains: "ecretAccessKey",
      pattern: regExp(`([Ss]ecretAccessKey(?:${quote})?\\s{0,2}[:=]\\s{0,2}(?:${quote})?)[A-Za-z0-9/+]{40}`),
    },
    {
      needs: "_=",
      pattern: regExp("((?:aws_secret_access_key|AWS_SECRET_ACCESS_KEY)\\s{0,2}=\\s{0,2})[A-Za-z0-9/+]{40}"),
    },
  ],
  azure_key: [
    { needs: "K=", contains: "Key=", pattern: /((?:Account|SharedAccess)Key=)[A-Za-z0-9+/%]{20,200}={0,2}/g },
    { needs: "Q~", contains: "Q~", pattern: /(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/g },
  ],
  google_key: [
    { needs: "AIz", contains: "AIza", pattern: /AIza(?<![\w-]AIza)[\w-]{35}(?![\w-])/g },
    { needs: "y29", contains: "ya29.", pattern: /ya29\.(?<![\w-]ya29.)[\w-]{20,2048}/g },
    { needs: "GX", contains: "GOCSPX-", pattern: /GOCSPX-(?<![\w-]GOCSPX-)[\w-]{28}(?![\w-])/g },
  ],
  github_token: [
    { needs: "h_", contains: "gh", pattern: /gh[pousr]_(?<![A-Za-z0-9]....)[A-Za-z0-9]{36,255}/g },
    { needs: "h_", contains: "github_pat_", pattern: /github_pat_\w{22,255}/g },
  ],
  gitlab_token: [{ needs: "gl-", contains: "gl", pattern: /gl(?<![\w-]gl)(?:pat|dt|rt|cbt)-[\w-]{20,255}/g }],
  docker_token: [
    { needs: "k_", contains: "dckr_", pattern: /dckr_(?<![\w-]dckr_)(?:pat|oat)_[\w-]{20,255}/g },
  ],
  slack_token: [
    { needs: "x-", contains: "xox", pattern: /xox(?<![\w-]xox)[a-z]-[A-Za-z0-9-]{10,255}/g },
    { needs: "x-", contains: "xapp-", pattern: /xapp-(?<![\w-]xapp-)[A-Za-z0-9-]{10,255}/g },
    {
      needs: "k/",
      contains: "hooks.slack.com",
      pattern: /(hooks\.slack\.com\/services\/)[A-Za-z0-9/]{20,100}/g,
    },
  ],
};
