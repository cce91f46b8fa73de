import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { RegistryEvent } from '../process/notification.ts'
import { temporaryFolder } from '../process/test-parts.ts'
import { Queue } from './queue.ts'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`
const NOW_MS = 10_000

function opened(file = join(temporaryFolder(), 'queue.sqlite'), maxJobs?: number): Queue {
  const queue = new Queue(file, ['us-east', 'eu-west'], () => NOW_MS, maxJobs)
  onTestFinished(() => queue.close())
  return queue
}

const pushed = (digest: string, at: number, tag?: string): RegistryEvent => ({
  kind: 'manifest-pushed',
  repository: 'samples/web',
  digest,
  tag,
  mediaType: '',
  sizeBytes: 1,
  at,
})
const deleted = (digest: string, at: number): RegistryEvent => ({
  kind: 'manifest-deleted',
  repository: 'samples/web',
  digest,
  at,
})

/** What waits, as `from kind reference`, in both directions. */
function waiting(queue: Queue): string[] {
  const one = (source: string, target: string) => {
    const job = queue.next(source, target)
    return job ? [`${source} ${job.kind} ${job.tag ?? ''} ${job.digest.slice(7, 8)}`] : []
  }
  return [...one('us-east', 'eu-west'), ...one('eu-west', 'us-east')]
}

test('what is pushed in one region waits for the other, once, however often it is told', () => {
  const queue = opened()
  for (let n = 0; n < 3; n++) queue.add('us-east', [pushed(A, 5_000_000, 'v1')])
  expect(waiting(queue)).toEqual(['us-east push v1 a'])
  expect(queue.waiting()).toEqual([{ source: 'us-east', target: 'eu-west', pending: 1, oldestSeconds: 5 }])
})

const orders: { name: string; events: [region: string, event: RegistryEvent][]; left: string[] }[] = [
  {
    name: 'a tag pushed again: the newer push alone',
    events: [
      ['us-east', pushed(A, 1, 'v1')],
      ['us-east', pushed(B, 2, 'v1')],
    ],
    left: ['us-east push v1 b'],
  },
  {
    name: 'a tag pushed in both regions: the newer push, whichever was told first',
    events: [
      ['eu-west', pushed(B, 2, 'v1')],
      ['us-east', pushed(A, 1, 'v1')],
    ],
    left: ['eu-west push v1 b'],
  },
  {
    name: 'pushed again after a deletion: the push',
    events: [
      ['us-east', deleted(A, 1)],
      ['us-east', pushed(A, 2, 'v1')],
    ],
    left: ['us-east push v1 a'],
  },
  {
    name: 'the deletion told after the push that came after it: the push',
    events: [
      ['us-east', pushed(A, 2, 'v1')],
      ['us-east', deleted(A, 1)],
    ],
    left: ['us-east push v1 a'],
  },
  {
    name: 'a push by digest alone, then its deletion: the deletion',
    events: [
      ['us-east', pushed(A, 1)],
      ['us-east', deleted(A, 2)],
    ],
    left: ['us-east delete  a'],
  },
]
for (const { name, events, left } of orders) {
  test(name, () => {
    const queue = opened()
    for (const [region, event] of events) queue.add(region, [event])
    expect(waiting(queue)).toEqual(left)
  })
}

test('a job outlives the process, waits after a failure, and is gone when done', () => {
  const file = join(temporaryFolder(), 'queue.sqlite')
  opened(file).add('us-east', [pushed(A, 1, 'v1')])
  const queue = opened(file)
  const job = queue.next('us-east', 'eu-west')
  if (!job) throw new Error('no job')
  queue.retry(job, 1000)
  expect(waiting(queue)).toEqual([])
  expect(queue.waiting()).toMatchObject([{ pending: 1 }])
  queue.finish(job)
  expect(queue.waiting()).toEqual([])
})

test('finishing a job leaves the newer one of the same tag', () => {
  const queue = opened()
  queue.add('us-east', [pushed(A, 1, 'v1')])
  const job = queue.next('us-east', 'eu-west')
  queue.add('us-east', [pushed(B, 2, 'v1')])
  if (job) queue.finish(job)
  expect(waiting(queue)).toEqual(['us-east push v1 b'])
})

test('a full queue takes nothing of a notification', () => {
  const queue = opened(undefined, 2)
  expect(queue.add('us-east', [pushed(A, 1, 'v1')])).toBe(true)
  expect(queue.add('us-east', [pushed(A, 2, 'v2'), pushed(A, 3, 'v3')])).toBe(false)
  expect(queue.waiting()).toMatchObject([{ pending: 1 }])
})

test('what a comparison found is copied only where no event is known: a deleted image does not come back', () => {
  const queue = opened()
  queue.add('us-east', [deleted(A, 1)])
  expect(queue.addFound('eu-west', 'us-east', 'samples/web', A, 'v1')).toBe(false)
  expect(queue.addFound('eu-west', 'us-east', 'samples/web', B, 'v2')).toBe(true)
  expect(queue.next('eu-west', 'us-east')).toMatchObject({
    kind: 'push',
    digest: B,
    tag: 'v2',
    sinceMs: NOW_MS,
  })
})
