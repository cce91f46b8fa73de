/** Settings of a process of the local stack: environment variables in, parsed values out, or one clear line. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** Exit code of a process that was started with wrong settings: wrong usage. */
const WRONG_USAGE = 2

/** A TCP port on 127.0.0.1. */
export const port = z.coerce.number().int().min(1).max(65_535)

/** The only folder a process writes to; it is made when missing. */
export const folder = z.string().min(1)

/** A region's name, short enough for a label. */
export const region = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower case letters, digits and dashes')

/** Base URL of another part, without a path. */
export const origin = z
  .url({ protocol: /^http$/ })
  .transform((text) => new URL(text))
  .refine((url) => url.pathname === '/' && url.search === '', 'must have no path')
  .transform((url) => url.origin)

/** A file that holds a secret; the setting becomes its content, and the secret never stands in the environment. */
export const secretFile = z.string().transform((file, context) => {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    if (secret.length >= 16) return secret
    context.addIssue(`the file must hold at least 16 characters, it holds ${secret.length}`)
  } catch (error) {
    context.addIssue(`the file must be readable: ${(error as NodeJS.ErrnoException).code}`)
  }
  return z.NEVER
})

/** Every wrong setting in one line: its name, what was seen and what was expected. Empty when all are right. */
function describeFaults(error: z.ZodError, env: NodeJS.ProcessEnv): string {
  return error.issues
    .map((issue) => {
      const name = issue.path.join('.')
      const seen = env[name] === undefined ? 'it is not set' : `saw ${JSON.stringify(env[name])}`
      return `${name}: ${seen}; ${issue.message}`
    })
    .join(' · ')
}

/** Parses the environment or ends the process: one line on stderr, exit code 2. */
export function readSettings<Schema extends z.ZodObject>(
  processName: string,
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> {
  const parsed = schema.safeParse(env)
  if (parsed.success) return parsed.data
  process.stderr.write(`${processName}: ${describeFaults(parsed.error, env)}; set them in the environment\n`)
  process.exit(WRONG_USAGE)
}
