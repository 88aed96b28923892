import type { Frame, FrameResource } from "../model/frame.ts";

/**
 * Assembles frames to one `ExportLogsServiceRequest`: a `ResourceLogs` with one `ScopeLogs` for each Resource, in the
 * order of its first frame, the records within in the frames' order. The sizes are known before anything is written, so
 * each byte is copied once, into one buffer: `room` where the request fits into it, else a new one. The result is a view.
 */
export function assembleRequest(frames: readonly Frame[], room?: Uint8Array): Uint8Array {
  const groups = groupByResource(frames);
  let length = 0;
  for (const group of groups) length += delimitedLength(resourceLogsLength(group));

  const request = room !== undefined && room.length >= length ? room : Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const group of groups) {
    at = writeHead(request, at, resourceLogsTag, resourceLogsLength(group));
    at = writeField(request, at, resourceTag, group.resource.resource);
    at = writeHead(request, at, scopeLogsTag, group.scopeLogsLength);
    at = writeField(request, at, scopeTag, group.resource.scope);
    for (const frame of group.frames) at = writeField(request, at, logRecordTag, frame.logRecord);
  }
  return request.subarray(0, length);
}

/** Upper bounds of what a record, and each further Resource, adds to a request: for filling it to a size. */
export const recordOverheadBytes = 6;
export const resourceOverheadBytes = 24;

interface Group {
  readonly resource: FrameResource;
  readonly frames: Frame[];
  scopeLogsLength: number;
}

// Field number << 3 | wire type. Of ExportLogsServiceRequest:
const resourceLogsTag = (1 << 3) | 2;
// Of ResourceLogs:
const resourceTag = (1 << 3) | 2;
const scopeLogsTag = (2 << 3) | 2;
// Of ScopeLogs:
const scopeTag = (1 << 3) | 2;
const logRecordTag = (2 << 3) | 2;

function groupByResource(frames: readonly Frame[]): readonly Group[] {
  const groups = new Map<FrameResource, Group>();
  let group: Group | undefined;
  for (const frame of frames) {
    if (group?.resource !== frame.resource) {
      group = groups.get(frame.resource);
      if (group === undefined) {
        const { resource } = frame;
        group = { resource, frames: [], scopeLogsLength: delimitedLength(resource.scope.length) };
        groups.set(resource, group);
      }
    }
    group.frames.push(frame);
    group.scopeLogsLength += delimitedLength(frame.logRecord.length);
  }
  return [...groups.values()];
}

function resourceLogsLength(group: Group): number {
  return delimitedLength(group.resource.resource.length) + delimitedLength(group.scopeLogsLength);
}

/** Bytes of a length-delimited field with a one-byte tag. */
function delimitedLength(length: number): number {
  let bytes = 2 + length;
  for (let rest = length; rest > 0x7f; rest >>>= 7) bytes += 1;
  return bytes;
}

function writeField(request: Uint8Array, start: number, tag: number, bytes: Uint8Array): number {
  const at = writeHead(request, start, tag, bytes.length);
  request.set(bytes, at);
  return at + bytes.length;
}

function writeHead(request: Uint8Array, start: number, tag: number, length: number): number {
  let at = start;
  request[at++] = tag;
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) request[at++] = (rest & 0x7f) | 0x80;
  request[at++] = rest;
  return at;
}
