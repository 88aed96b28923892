/**
 * A record on its way out: the encoded bytes of one OTLP LogRecord, made once, queued and re-sent unchanged
 * (decision 7), and the Resource it belongs to.
 */
export interface Frame {
  readonly resource: FrameResource;
  /** The bytes of one `opentelemetry.proto.logs.v1.LogRecord`. */
  readonly logRecord: Uint8Array;
  /** The number that its input has in `Progress` (`pipeline/progress.ts`). */
  readonly input: number;
  /** The API server's write time in ms since the epoch, for the delivery lag; 0 where unknown. */
  readonly writeTimeMs: number;
}

/** Interned: two frames of the same Resource hold the same object, so grouping is by identity. */
export interface FrameResource {
  /** The attribute values that tell one Resource from another, for people. */
  readonly key: string;
  /** The bytes of one `opentelemetry.proto.resource.v1.Resource`. */
  readonly resource: Uint8Array;
  /** The bytes of one `opentelemetry.proto.common.v1.InstrumentationScope`. */
  readonly scope: Uint8Array;
}
