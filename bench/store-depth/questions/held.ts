import type { DepthCluster, NodeUsage } from '../depth-cluster.ts'
import { many } from '../figures.ts'
import type { Figure } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import type { Answer, Question } from './question.ts'
import { FULL_HELD_BYTES } from './question.ts'

const QUEUE = 'store-depth-held'
/** Beyond the idle time after which a broker writes its last checkpoint, and frees segments. */
const REST_MS = 15_000
/** More is never there at once: what was consumed leaves the disk, or the brokers stop in time. */
const PASSING_BYTES = 5e9
const limit = { at: 'most', value: 3 } as const

function most(usages: readonly NodeUsage[], what: 'segments' | 'bytes'): number {
  return Math.max(...usages.map((usage) => usage[what]))
}

async function measure(cluster: DepthCluster, options: DepthOptions): Promise<Answer> {
  const count = Math.ceil(options.heldBytes / options.bytes)
  await cluster.load.run('holding one message', { do: 'hold', queue: QUEUE })
  const flow = await cluster.load.run('passing messages through', {
    do: 'flow',
    queue: QUEUE,
    count,
  })
  await cluster.whole()
  const atOnce = cluster.journals()
  await cluster.rest(REST_MS)
  const held = cluster.journals()
  await cluster.load.run('acknowledging it', { do: 'release' })
  await cluster.rest(REST_MS)
  const released = cluster.journals()
  const passed = `${(options.heldBytes / 1e9).toLocaleString('en-US')} GB`
  const isFullSize = options.heldBytes >= FULL_HELD_BYTES
  const note = `${many(most(held, 'bytes') / 1e6)} MB`
  const compared = (what: string, usages: readonly NodeUsage[]): Figure => ({
    question: 'held',
    what: `${what}, for comparison`,
    measured: most(usages, 'segments'),
    unit: 'segments',
    limit: null,
    isFullSize,
    note: `${many(most(usages, 'bytes') / 1e6)} MB`,
  })
  const figures: Figure[] = [
    {
      question: 'held',
      what: `journal of ${options.logSize} segments, one old message held, ${passed} passed`,
      measured: most(held, 'segments'),
      unit: 'segments',
      limit,
      isFullSize,
      note,
    },
    compared(`the same before the brokers were left alone for ${REST_MS / 1000} s`, atOnce),
    compared('the same after it was acknowledged', released),
  ]
  return { figures, details: { count, seconds: flow.seconds, atOnce, held, released } }
}

export const held: Question = {
  name: 'held',
  sharesBacklog: false,
  bodyBytes: ({ heldBytes }) => Math.min(heldBytes, PASSING_BYTES),
  limits: [{ what: 'journal held by one old message', unit: 'segments', limit }],
  measure,
}
