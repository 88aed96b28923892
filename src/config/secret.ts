/** What stands in the place of a secret. */
export const secretMark = "[secret]";

// Up to the last `@`, since a password may hold an unescaped one, or a `/` that makes it no URL at all; and
// `user:password@` where the scheme was forgotten. Rather too much than too little.
const userinfo = /(?<=:\/\/)[^\s"']+(?=@)|[^\s/"':@]+:(?!\/)[^\s"'@]+(?=@)/g;

/** Replaces the user and password in every URL of the text. */
export function withoutUserinfo(text: string): string {
  return text.replaceAll(userinfo, secretMark);
}

/** Where users and passwords of URLs stand in the text: start and end offsets. */
export function userinfoRanges(text: string): readonly (readonly [start: number, end: number])[] {
  return Array.from(text.matchAll(userinfo), (match) => [match.index, match.index + match[0].length]);
}
