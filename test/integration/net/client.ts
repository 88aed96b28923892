import type { Http, HttpResponse } from "../../../src/net/http.ts";
import { NetworkError } from "../../../src/net/network-error.ts";
import type { TlsMaterial } from "../../../src/net/tls-material.ts";
import { createTransport, transportDefaults } from "../../../src/net/transport.ts";
import type { Transport, TransportOptions } from "../../../src/net/transport.ts";
import { systemRuntime } from "../../../src/shared/system-runtime.ts";
import { trusted } from "./certificates.ts";

const trustingTests = async (): Promise<TlsMaterial> => trusted;

/** A transport that trusts the tests' CA. */
export function clientOf(origin: string, options: Partial<TransportOptions> = {}): Transport {
  return createTransport({ ...transportDefaults, tls: trustingTests, ...options, origin }, systemRuntime);
}

export const never = new AbortController().signal;

export function get(http: Http, path: string, signal: AbortSignal = never): Promise<HttpResponse> {
  return http({ method: "GET", path, headers: {} }, signal);
}

export function post(http: Http, path: string, body: Uint8Array): Promise<HttpResponse> {
  return http({ method: "POST", path, headers: {}, body }, never);
}

export async function textOf({ body }: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export async function getText(http: Http, path: string): Promise<string> {
  return textOf(await get(http, path));
}

/** The fault that ends it; throws where it does not end by one. */
export async function faultOf(promise: Promise<unknown>): Promise<NetworkError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof NetworkError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}
