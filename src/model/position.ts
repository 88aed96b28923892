/** By scope (one watch; `*` is the whole cluster), a resourceVersion. A scope that is not in it has not begun. */
export type Position = Readonly<Record<string, string>>;
