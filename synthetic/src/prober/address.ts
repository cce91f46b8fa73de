import { readCredentials } from '../credentials.ts'
import type { RegistryAddress } from '../run.ts'
import type { ProberConfig } from './config.ts'

/** A target as a run takes it. Credentials are read each time: a file that is replaced is taken up. */
export async function addressOf({
  url,
  credentialsFile,
}: ProberConfig['targets'][number]): Promise<RegistryAddress> {
  return { url, credentials: credentialsFile ? await readCredentials(credentialsFile) : undefined }
}
