import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeLogRecord } from "../../../src/otlp/decode.ts";
import { WireReader } from "../../../src/otlp/wire-reader.ts";

const malformed: readonly { name: string; bytes: readonly number[]; fault: string }[] = [
  { name: "cut off in a length", bytes: [0x0a, 0x80], fault: "Cut off at byte 1" },
  { name: "cut off in a number", bytes: [0x09, 1, 2, 3], fault: "Cut off at byte 1" },
  { name: "field number 0", bytes: [0x02, 0x00], fault: "No field number at byte 0" },
  { name: "a group", bytes: [0x0b], fault: "Wire type 3 at byte 1" },
  {
    name: "a varint without an end",
    bytes: [0x10, ...Array.from({ length: 12 }, () => 0xff)],
    fault: "Varint longer than 10 bytes at byte 1",
  },
  { name: "text that is not UTF-8", bytes: [0x1a, 1, 0xff], fault: "String is not UTF-8 at byte 2" },
  {
    name: "an attribute longer than its record",
    bytes: [0x32, 9, 0x0a, 1, 0x61],
    fault: "Message longer than its surroundings at byte 1",
  },
];

for (const { name, bytes: input, fault } of malformed) {
  test(`malformed log record: ${name}`, () => {
    assert.deepEqual(decodeLogRecord(Uint8Array.from(input)), { kind: "malformed", fault });
  });
}

test("a value nested without end is malformed, not a stack overflow", () => {
  // Arrays within arrays, each longer by its own tag and length.
  let nested: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 10_000; depth += 1) {
    nested = Buffer.concat([Buffer.from([depth % 2 === 0 ? 0x0a : 0x2a]), varint(nested.length), nested]);
  }
  const decoded = decodeLogRecord(Buffer.concat([Buffer.from([0x2a]), varint(nested.length), nested]));
  assert.equal(decoded.kind, "malformed");
  assert.match(decoded.kind === "malformed" ? decoded.fault : "", /^Nested deeper than 100 at byte \d+$/);
});

test("after a fault nothing more is read, and the first fault is the one that is told", () => {
  const reader = new WireReader(Uint8Array.of(0x0a, 5, 1));
  reader.tag();
  assert.equal(reader.text(), "");
  assert.equal(reader.done, true);
  assert.equal(reader.varint(), 0n);
  assert.equal(reader.fixed64(), 0n);
  assert.equal(reader.fault, "Cut off at byte 2");
});

test("what was read does not hold the message's bytes", () => {
  const message = Uint8Array.of(3, 1, 2, 3);
  const bytes = new WireReader(message).bytes();
  message.fill(9);
  assert.deepEqual(bytes, Uint8Array.of(1, 2, 3));
});

function varint(value: number): Buffer {
  const groups: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) groups.push((rest & 127) | 128);
  return Buffer.from([...groups, rest]);
}
