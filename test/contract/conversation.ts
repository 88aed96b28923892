/** How the contract's cases talk with a server: whole answers, and watches read frame by frame. */
import assert from "node:assert/strict";

import { z } from "zod";

import type { ContractTarget } from "./contract-target.ts";

export const eventsPath = "/apis/events.k8s.io/v1/events";

export function namespacedPath(target: ContractTarget): string {
  return `/apis/events.k8s.io/v1/namespaces/${target.namespace}/events`;
}

const eventSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
  }),
  note: z.string().optional(),
  series: z.looseObject({ count: z.number() }).nullish(),
});

const listSchema = z.looseObject({
  kind: z.literal("EventList"),
  apiVersion: z.literal("events.k8s.io/v1"),
  metadata: z.looseObject({
    resourceVersion: z.string().regex(/^[1-9]\d*$/),
    continue: z.string().optional(),
    remainingItemCount: z.number().optional(),
  }),
  items: z.array(eventSchema),
});

const statusSchema = z.looseObject({
  kind: z.literal("Status"),
  apiVersion: z.literal("v1"),
  status: z.literal("Failure"),
  code: z.number(),
  reason: z.string().optional(),
  message: z.string(),
  metadata: z.looseObject({ continue: z.string().optional() }).optional(),
});

export type EventList = z.infer<typeof listSchema>;
export type Failure = z.infer<typeof statusSchema>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** With the target's own token, unless another is given; "" sends none. */
export async function get(target: ContractTarget, path: string, token = target.token): Promise<Answer> {
  return ask(target, { method: "GET", path }, token);
}

export interface Question {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
}

/** A request of any method; with the target's own token, unless another is given. */
export async function ask(
  target: ContractTarget,
  { method, path, body }: Question,
  token = target.token,
): Promise<Answer> {
  const headers = headersOf(token);
  const response = await target.http(
    body === undefined
      ? { method, path, headers }
      : {
          method,
          path,
          headers: { ...headers, "content-type": "application/json" },
          body: Buffer.from(JSON.stringify(body)),
        },
    AbortSignal.timeout(30_000),
  );
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body) pieces.push(piece);
  return {
    status: response.status,
    headers: response.headers,
    text: Buffer.concat(pieces).toString("utf8"),
  };
}

/** A list that must succeed. `query` begins with `?` or is empty. */
export async function list(target: ContractTarget, path: string, query = ""): Promise<EventList> {
  const answer = await get(target, path + query);
  assert.equal(answer.status, 200, answer.text.slice(0, 300));
  return listSchema.parse(JSON.parse(answer.text));
}

/** A request that must fail, with the Status that says why. */
export async function failure(target: ContractTarget, path: string, token?: string): Promise<Failure> {
  return failureOf(await get(target, path, token));
}

export function failureOf(answer: Answer): Failure {
  const status = statusSchema.parse(JSON.parse(answer.text));
  assert.equal(answer.status, status.code);
  return status;
}

export interface Frame {
  /** The line without its line feed. */
  readonly line: string;
  readonly type: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly object: Readonly<Record<string, unknown>>;
}

export interface Watch extends AsyncDisposable {
  /** The next frame; undefined when the stream has ended cleanly. Fails when none comes within so long (10 s). */
  next(withinMs?: number): Promise<Frame | undefined>;
  /** Fails when a frame comes within so long. */
  staysSilent(forMs: number): Promise<void>;
}

/** Opens a watch, which must succeed. */
export async function watch(target: ContractTarget, path: string, query: string): Promise<Watch> {
  const controller = new AbortController();
  const response = await target.http(
    { method: "GET", path: `${path}?watch=true${query}`, headers: headersOf(target.token) },
    controller.signal,
  );
  assert.equal(response.status, 200);
  assert.equal(response.headers["content-type"], "application/json");
  const frames = framesOf(response.body);
  let pending: Promise<IteratorResult<Frame>> | undefined;
  return {
    async next(withinMs = 10_000) {
      pending ??= frames.next();
      const result = await within(withinMs, pending);
      assert.notEqual(result, undefined, `no frame within ${withinMs} ms`);
      pending = undefined;
      return result?.done === true ? undefined : result?.value;
    },
    async staysSilent(forMs) {
      pending ??= frames.next();
      const result = await within(forMs, pending);
      assert.equal(result, undefined, `came: ${JSON.stringify(result?.value)}`);
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      // The abort is the end of the stream, in whatever way it shows.
      await (pending ?? frames.next()).catch(() => undefined);
    },
  };
}

async function* framesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of body) {
    const lines = (text + decoder.decode(piece, { stream: true })).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) yield frameOf(line);
  }
  assert.equal(text, "", "the stream ended in the middle of a line");
}

const frameSchema = z.strictObject({
  type: z.string(),
  object: z.looseObject({
    metadata: z.looseObject({ name: z.string().optional(), resourceVersion: z.string().optional() }),
  }),
});

function frameOf(line: string): Frame {
  const { type, object } = frameSchema.parse(JSON.parse(line));
  return {
    line,
    type,
    name: object.metadata.name ?? "",
    resourceVersion: object.metadata.resourceVersion ?? "",
    object,
  };
}

function headersOf(token: string): Readonly<Record<string, string>> {
  const accept = { accept: "application/json" };
  return token === "" ? accept : { ...accept, authorization: `Bearer ${token}` };
}

/** What the promise gives, or undefined when it gives nothing within so long. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
