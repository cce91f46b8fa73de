/** Where chunks are made: a quarter of a megabyte, so that a system call each is not what takes the time. */
const buffer = Buffer.allocUnsafeSlow(256 * 1024)
const MOST_BYTES_A_CHARACTER = 3

/** The pieces as UTF-8, in chunks of many pieces. Each chunk is overwritten by the next: use it at once. */
export function* encode(pieces: Iterable<string>): Generator<Buffer> {
  let size = 0
  for (const piece of pieces) {
    const most = piece.length * MOST_BYTES_A_CHARACTER
    if (size > 0 && most > buffer.length - size) {
      yield buffer.subarray(0, size)
      size = 0
    }
    if (most > buffer.length) yield Buffer.from(piece)
    else size += buffer.write(piece, size)
  }
  if (size > 0) yield buffer.subarray(0, size)
}
