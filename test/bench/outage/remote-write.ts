/** Prometheus remote write 1.0: a protobuf WriteRequest in a snappy block, here of literals only. */

export type Sample = { labels: Record<string, string>; value: number | typeof STALE; seconds: number }
/** Prometheus's stale marker, a NaN of its own that JavaScript cannot hold as a number. */
export const STALE = 'stale'
const STALE_BITS = 0x7ff0000000000002n

export function writeRequest(samples: Sample[]): Uint8Array<ArrayBuffer> {
  const series = samples.map(({ labels, value, seconds }) => {
    const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
    const pairs = sorted.map(([name, text]) =>
      field(1, Buffer.concat([field(1, utf8(name)), field(2, utf8(text))])),
    )
    const bits = Buffer.alloc(8)
    if (value === STALE) bits.writeBigUInt64LE(STALE_BITS)
    else bits.writeDoubleLE(value)
    // Field 1 is a 64-bit double, field 2 a varint of milliseconds.
    const sample = Buffer.concat([
      Buffer.from([0x09]),
      bits,
      Buffer.from([0x10]),
      varint(Math.round(seconds * 1000)),
    ])
    return field(1, Buffer.concat([...pairs, field(2, sample)]))
  })
  return snappy(Buffer.concat(series))
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes])
}

function utf8(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

function snappy(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const parts = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += 65_536) {
    const chunk = bytes.subarray(at, at + 65_536)
    const length = Buffer.alloc(3)
    length[0] = 61 << 2 // a literal whose length, less one, follows in two bytes
    length.writeUInt16LE(chunk.length - 1, 1)
    parts.push(length, chunk)
  }
  return new Uint8Array(Buffer.concat(parts))
}
