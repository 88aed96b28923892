/**
 * A row of a table of attributes: what it is called, what it means, and how it is read from what the record is about.
 * One whose value is "", `undefined` or `false` is not written: there are no empty attributes.
 */
export type Attribute<Subject> = {
  readonly name: string;
  readonly example: string;
  /** When the attribute is there, as a half sentence; "always" where it always is. */
  readonly when: string;
  readonly meaning: string;
  readonly stability: Stability;
} & (
  | { readonly type: "string"; readonly read: (subject: Subject) => string }
  | { readonly type: "int"; readonly read: (subject: Subject) => number | undefined }
  | { readonly type: "boolean"; readonly read: (subject: Subject) => boolean }
);

/** `stable`: renamed or removed only with a major version. `development`: may still change, said in CHANGELOG.md. */
export type Stability = "stable" | "development";
