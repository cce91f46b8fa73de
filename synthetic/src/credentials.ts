/** A prober's own user at a registry: from a file or the environment, never from a URL. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'

export type Credentials = { username: string; password: string }

const credentialsSchema = z.strictObject({ username: z.string().min(1), password: z.string().min(1) })

/** A JSON file `{"username": …, "password": …}`. Throws without repeating what is in it. */
export async function readCredentials(file: string): Promise<Credentials> {
  const expected = `${file}: expected JSON {"username": "…", "password": "…"}`
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${expected}, saw ${error.code}; write the file or leave credentialsFile out`)
  })
  try {
    return credentialsSchema.parse(JSON.parse(text))
  } catch {
    // No cause: a parser's message may quote the secret.
    throw new Error(`${expected}, saw something else; check it with a JSON parser`)
  }
}

/** `PLIMSOLL_REGISTRY_USERNAME` and `PLIMSOLL_REGISTRY_PASSWORD`, when both are set. */
export function credentialsFromEnvironment(environment: NodeJS.ProcessEnv): Credentials | undefined {
  const { PLIMSOLL_REGISTRY_USERNAME: username, PLIMSOLL_REGISTRY_PASSWORD: password } = environment
  return username && password ? { username, password } : undefined
}
