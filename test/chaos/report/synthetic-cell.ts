import type { CellResult, MatrixResult, ThroughputBin } from '../cell-result.ts'

const DURATION_MS = 21_000
const SENDING_MS = 18_000
const OUTAGE = { fromMs: 5000, toMs: 6200 }

function steadyFlow(): ThroughputBin[] {
  const bins: ThroughputBin[] = []
  for (let atMs = 0; atMs < SENDING_MS; atMs += 100) {
    if (atMs >= OUTAGE.fromMs && atMs < OUTAGE.toMs) continue
    bins.push({ atMs, confirmed: 5 + (atMs % 300) / 100, received: 4, failed: 0 })
  }
  return bins
}

/** A cell whose leader was killed once, and that lost a message. */
export function syntheticCell(): CellResult {
  return {
    name: 'queue-point-to-point x kill-leader',
    workload: 'queue-point-to-point',
    fault: 'kill-leader',
    workloadDescription: 'producers send to one queue',
    faultDescription: 'The leader gets SIGKILL.',
    mayCost: 'a failover',
    outcome: 'violated',
    reason: null,
    startedAt: '2026-11-22T00:00:00.000Z',
    durationMs: DURATION_MS,
    sync: 'quorum_disk',
    rounds: 1,
    timeline: {
      phases: [
        { name: 'warm-up', fromMs: 0, toMs: 3000 },
        { name: 'rounds', fromMs: 3000, toMs: 16_000 },
        { name: 'final heal', fromMs: 16_000, toMs: SENDING_MS },
        { name: 'drain', fromMs: SENDING_MS, toMs: 20_000 },
        { name: 'judge', fromMs: 20_000, toMs: DURATION_MS },
      ],
      faults: [
        {
          fault: 'kill-leader',
          round: 1,
          strikeMs: 5000,
          healMs: 8000,
          healedMs: 9000,
          what: 'b1 (leader) killed',
          targets: ['b1'],
        },
      ],
      leaders: [
        { broker: 'b1', epoch: 3, fromMs: 0, toMs: 5050 },
        { broker: 'b2', epoch: 4, fromMs: 6100, toMs: 20_000 },
      ],
      throughput: steadyFlow(),
    },
    counts: { sent: 905, confirmed: 900, received: 899, redeliveries: 4 },
    violations: [{ check: 'C1', message: 'queue://orders lost 0:7', atMs: 7000 }],
    unavailability: [
      { after: 'strike', round: 1, atMs: 5000, unavailableMs: 1200, limitMs: null },
      { after: 'heal', round: 1, atMs: 9000, unavailableMs: 310, limitMs: 5000 },
    ],
    logComparison: {
      outcome: 'identical',
      message: 'The journals are equal byte for byte.',
      positions: { b1: 12_345, b2: 12_345, b3: 12_345 },
    },
    files: ['history.ndjson'],
  }
}

export function syntheticMatrix(cells: readonly CellResult[] = [syntheticCell()]): MatrixResult {
  return {
    startedAt: '2026-11-22T00:00:00.000Z',
    durationMs: DURATION_MS,
    build: '0.1.0',
    sync: 'quorum_disk',
    cells,
  }
}
