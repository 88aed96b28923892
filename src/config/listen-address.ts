export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** `HOST:PORT`, `:PORT` (every interface) or `[IPv6]:PORT`. */
export const listenPattern = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:\s]*)):(\d{1,5})$/;

/** The parts of a listen address, or undefined where the text is none. */
export function listenAddressOf(text: string): ListenAddress | undefined {
  const match = listenPattern.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? "";
  return { host: host === "" ? "::" : host, port };
}
