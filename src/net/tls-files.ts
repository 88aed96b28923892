import type { Runtime } from "../shared/runtime.ts";
import { RotatingFile, rotatingFileDefaults } from "./rotating-file.ts";
import type { RotatingFileObserver, RotatingFileOptions } from "./rotating-file.ts";
import { isSameMaterial } from "./tls-material.ts";
import type { TlsMaterial, TlsProvider } from "./tls-material.ts";

export interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

/** TLS material from PEM files that are looked at again as they rotate. */
export function tlsFromFiles(
  files: TlsFiles,
  runtime: Runtime,
  observer?: RotatingFileObserver,
  options: RotatingFileOptions = rotatingFileDefaults,
): TlsProvider {
  const fileOf = (path: string | undefined): RotatingFile | undefined =>
    path === undefined ? undefined : new RotatingFile(path, options, runtime, observer);
  const ca = fileOf(files.caFile);
  const cert = fileOf(files.certFile);
  const key = fileOf(files.keyFile);
  const { servername, rejectUnauthorized } = files;

  let last: TlsMaterial = {};
  return async () => {
    const [caPem, certPem, keyPem] = await Promise.all([ca?.text(), cert?.text(), key?.text()]);
    const material = { ca: caPem, cert: certPem, key: keyPem, servername, rejectUnauthorized };
    // One object as long as nothing changes, so that comparing it costs nothing.
    if (!isSameMaterial(material, last)) last = material;
    return last;
  };
}
