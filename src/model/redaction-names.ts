/**
 * The kinds of secrets that tidings finds in messages by itself, in the order in which it looks for them (those that look
 * like anything come last); each can be switched off. What was found is replaced by `[redacted:<name>]`.
 */
export const redactionNames = [
  "private_key",
  "url_credentials",
  "authorization_header",
  "bearer_token",
  "signed_url",
  "jwt",
  "aws_key",
  "azure_key",
  "google_key",
  "github_token",
  "gitlab_token",
  "docker_token",
  "slack_token",
  "password",
  "token",
] as const;

export type RedactionName = (typeof redactionNames)[number];
