/** What stands in the place of a secret. */
export const secretMark = "[secret]";

// Greedy up to the last `@` before the path: a password may hold an unescaped one.
const userinfo = /(?<=:\/\/)[^/\s"'?#]+(?=@)/g;

/** Replaces the user and password in every URL of the text. */
export function withoutUserinfo(text: string): string {
  return text.replaceAll(userinfo, secretMark);
}

/** Where users and passwords of URLs stand in the text: start and end offsets. */
export function userinfoRanges(text: string): readonly (readonly [start: number, end: number])[] {
  return Array.from(text.matchAll(userinfo), (match) => [match.index, match.index + match[0].length]);
}
