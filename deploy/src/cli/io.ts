/** What a command may touch of the world: tests hand in their own. */
export type Io = {
  out(line: string): void
  err(line: string): void
  /** Aborted by SIGINT or SIGTERM. */
  signal: AbortSignal
}

/** 0 yes or valid, 1 no or faults found, 2 wrong usage, 3 the answer could not be had. */
export type ExitCode = 0 | 1 | 2 | 3
