/** A page, or a part of one, that is made from the code. `scripts/docs.ts` writes them and checks that none drifted. */
export interface GeneratedPage {
  /** From the root of the repository. */
  readonly path: string;
  /** The page's text. `current` is what stands there now, undefined when the page does not exist. undefined: no page. */
  render(current: string | undefined): string | undefined;
}
