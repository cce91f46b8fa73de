/**
 * From what happened to whose fault it was: a pure, total function. Every verdict and reason is a word of
 * `@plimsoll/instrumentation`; the README's table says what each means, and a test compares the two.
 */
import type { Reason, Verdict } from '@plimsoll/instrumentation'
import { type Failure, OciError } from './oci/error.ts'
import type { Step } from './steps.ts'

/** What earlier runs proved about a target: from then on the opposite is a failure, not a lack. */
export type Remembered = 'takes-pushes' | 'holds-canary'

/** How a run ended. */
export type Ending = {
  /** What the flow threw; absent when it returned. */
  error?: unknown
  hasCredentials: boolean
  /** How late the event loop was during the run, all delays together. */
  loopLateSeconds: number
  /** Of the whole run. */
  deadlineSeconds: number
  memory: ReadonlySet<Remembered>
  /** All that the flow can tell about its target; whatever else went wrong leaves that open. Absent: everything. */
  tells?: ReadonlySet<Reason> | undefined
}

/** A reason, and the failed step when there was one, exactly when the verdict is not `ok`. */
export type Judgement =
  | { verdict: 'ok' }
  | { verdict: Exclude<Verdict, 'ok'>; reason: Reason; failedStep?: Step; message: string }

/** Late by more than this share of the deadline, silence may be our own: half a second of five. */
const OVERLOADED_RATIO = 0.1

export function isOverloaded({ loopLateSeconds, deadlineSeconds }: Omit<Ending, 'error'>): boolean {
  return loopLateSeconds > OVERLOADED_RATIO * deadlineSeconds
}

/** Every message fits `ProbeResult.message`. */
const MESSAGE_MAX_CHARACTERS = 500

export function judge(ending: Ending): Judgement {
  const { error } = ending
  if (error === undefined) return { verdict: 'ok' }
  // An unknown error's message is not ours, so it is not repeated: it might hold a secret.
  if (!(error instanceof OciError))
    return {
      verdict: 'prober_fail',
      reason: 'internal_error',
      message: `saw ${nameOf(error)} in the prober itself`,
    }
  const { failure, step, side } = error
  const fault = whoseFault(failure, step, ending)
  const [verdict, reason] = side === 'source' ? atSource(fault) : told(fault, ending)
  return { verdict, reason, failedStep: step, message: error.message.slice(0, MESSAGE_MAX_CHARACTERS) }
}

/** An optional capability that the registry says it lacks. */
export function isUnsupported(error: unknown): boolean {
  if (!(error instanceof OciError) || error.failure.kind !== 'status') return false
  const { status, ociCode } = error.failure
  return status === 405 || (ociCode === 'UNSUPPORTED' && status >= 400 && status < 500)
}

type Fault = [verdict: Exclude<Verdict, 'ok'>, reason: Reason]

/** A region that takes no push says nothing about the one that should have got the copy. */
function atSource(fault: Fault): Fault {
  const isAboutTarget = fault[0] === 'target_fail' || fault[0] === 'indeterminate'
  return isAboutTarget ? ['indeterminate', 'source_failed'] : fault
}

function told(fault: Fault, { tells }: Ending): Fault {
  const [verdict, reason] = fault
  return verdict === 'target_fail' && tells && !tells.has(reason) ? ['indeterminate', reason] : fault
}

function whoseFault(failure: Failure, step: Step, ending: Ending): Fault {
  const late = isOverloaded(ending)
  switch (failure.kind) {
    case 'cancelled':
      return ['prober_fail', 'cancelled']
    case 'deadline':
      return late ? ['prober_fail', 'prober_overloaded'] : ['target_fail', 'timeout']
    case 'network':
      return late ? ['prober_fail', 'prober_overloaded'] : networkFault(failure.code)
    case 'status':
      return statusFault(failure.status, step, ending)
    case 'digest':
      return ['target_fail', 'digest_mismatch']
    case 'truncated':
      // A peer hangs up on a reader that does not read.
      return late ? ['prober_fail', 'prober_overloaded'] : ['target_fail', 'truncated']
    case 'protocol':
      return ['target_fail', 'protocol_error']
    case 'still-present':
      return ['target_fail', 'still_present']
    case 'not-replicated':
      // An answer, not a silence: however late it was asked for, the copy had more time, not less.
      return ['target_fail', 'not_replicated']
  }
}

/** Node's codes: libuv's errno names, getaddrinfo's, OpenSSL's, X.509 verification's and llhttp's. */
function networkFault(code: string): Fault {
  switch (code) {
    case 'ECONNREFUSED':
      return ['target_fail', 'connection_refused']
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return ['target_fail', 'connection_reset']
    case 'ETIMEDOUT':
      return ['target_fail', 'timeout']
    // Somewhere between the two: either end may be cut off.
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return ['indeterminate', 'network_unreachable']
  }
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return ['prober_fail', 'dns_error']
  if (code.startsWith('HPE_')) return ['target_fail', 'protocol_error']
  if (TLS_CODES.test(code)) return ['target_fail', 'tls_error']
  // EMFILE, EADDRNOTAVAIL, EACCES, …: we could not even ask.
  return ['prober_fail', 'internal_error']
}

const TLS_CODES =
  /^(EPROTO$|ERR_TLS_|ERR_SSL_|UNABLE_TO_|INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$)|CERT|CRL/

function statusFault(status: number, step: Step, ending: Ending): Fault {
  const { hasCredentials, memory } = ending
  // RFC 9110: the server did not receive the whole request in time.
  if (status === 408 && isOverloaded(ending)) return ['prober_fail', 'prober_overloaded']
  if (status >= 500) return ['target_fail', 'server_error']
  if (status === 429) return ['target_fail', 'throttled']
  // Without credentials nobody can say whether the registry or our configuration is wrong.
  if (status === 401 || status === 403)
    return [hasCredentials ? 'target_fail' : 'indeterminate', 'unauthorized']
  if (status === 405 && isPush(step) && !memory.has('takes-pushes')) return ['skipped', 'unsupported']
  if (status === 404 && step === 'find-canary' && !memory.has('holds-canary'))
    return ['indeterminate', 'not_found']
  if (status === 404 && step !== 'ping' && step !== 'auth' && !isPush(step))
    return ['target_fail', 'not_found']
  return ['target_fail', 'unexpected_status']
}

function isPush(step: Step): boolean {
  return step === 'start-upload' || step === 'push-blob' || step === 'push-manifest'
}

function nameOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? ` ${String(error.code)}` : ''
  return error instanceof Error ? `${error.name}${code}` : typeof error
}
