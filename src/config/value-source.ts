/** A value that does not come from the file, and who gave it. */
export interface GivenValue {
  readonly path: readonly string[];
  readonly value: unknown;
  /** The environment variable or flag, as it is written. */
  readonly from: string;
  /**
   * A variable that other programs share: what cannot be understood in it is a warning, and the setting is left as it
   * would be without. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
   */
  readonly lenient?: boolean;
}

/** The environment, as a plain object: `process.env` in production. */
export type Environment = Readonly<Record<string, string | undefined>>;
