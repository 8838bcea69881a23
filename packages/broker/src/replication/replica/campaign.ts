import type { ClusterConfig } from '../cluster-config.ts'
import { voters, quorumOf } from '../cluster-config.ts'
import type { FrameOf, Last } from '../frames.ts'
import { notOlder } from '../frames.ts'
import type { Peer, ReplicaContext } from './context.ts'
import type { PromiseOutcome, ReplicaVoter } from './voter.ts'
import { fencingMs } from './voter.ts'

/** How long a pre-vote waits for its answers. */
const PRE_VOTE_MS = 250
/** How long the coordination service may take to hand out an epoch. */
const ALLOCATE_MS = 5_000

interface Answer {
  readonly grants: boolean
  /** Pre-vote: still hears a leader. Fence: did not promise. */
  readonly refuses: boolean
  readonly suspect: boolean
  readonly last: Last
}

type Phase = 'idle' | 'preVote' | 'allocating' | 'promising' | 'fencing'

export interface CampaignOwner {
  won(epoch: number, nonce: string, possibleLoss: boolean): void
  /** Try again after a while; `behind`: somebody has a newer log and should go first (R9). */
  lost(reason: string, behind: boolean): void
}

/**
 * A candidacy, from the question whether it is worth while (R11) to the grants that win it (R9):
 *
 *   idle -> preVote -> allocating -> promising -> fencing -> won
 *             any phase but idle -> lost -> idle
 */
export class Campaign {
  readonly #context: ReplicaContext
  readonly #voter: ReplicaVoter
  readonly #owner: CampaignOwner
  #phase: Phase = 'idle'
  #round = 0
  #deadlineMs = 0
  #epoch = 0
  #nonce = ''
  readonly #answers = new Map<string, Answer>()
  #highestPromised = 0

  constructor(context: ReplicaContext, voter: ReplicaVoter, owner: CampaignOwner) {
    this.#context = context
    this.#voter = voter
    this.#owner = owner
  }

  get isRunning(): boolean {
    return this.#phase !== 'idle'
  }

  start(): void {
    const { self, suspect } = this.#context
    this.#begin('preVote', PRE_VOTE_MS)
    this.#round++
    const last = this.#voter.last()
    this.#answers.set(self.nodeId, {
      grants: suspect === null,
      refuses: false,
      suspect: suspect !== null,
      last,
    })
    this.#toOthers({ type: 'preVote', round: this.#round, last })
    this.#countPreVotes()
  }

  /** Gives up silently: another candidate or leader has the word. */
  abandon(): void {
    this.#phase = 'idle'
  }

  onPreVoteReply(from: string, frame: FrameOf<'preVoteReply'>): void {
    this.#highestPromised = Math.max(this.#highestPromised, frame.promised)
    if (this.#phase !== 'preVote' || frame.round !== this.#round) return
    this.#answers.set(from, { ...frame, refuses: frame.leaderAlive })
    this.#countPreVotes()
  }

  onEpochAllocated(epoch: number, nonce: string): void {
    if (this.#phase !== 'allocating') return
    this.#epoch = epoch
    this.#nonce = nonce
    this.#begin('promising', ALLOCATE_MS)
    // Somebody fenced us with a higher epoch meanwhile: that candidate goes first.
    if (!this.#voter.promiseSelf(epoch, nonce)) this.#lose('the epoch is already too low')
  }

  onEpochRefused(): void {
    if (this.#phase === 'allocating') this.#lose('no epoch from the coordination service')
  }

  onSelfPromised(outcome: PromiseOutcome): void {
    if (this.#phase !== 'promising' || outcome.promised.epoch !== this.#epoch) return
    this.#begin('fencing', fencingMs(this.#context.options.timings))
    const { self, suspect } = this.#context
    const last = this.#voter.last()
    const { grants } = outcome
    this.#answers.set(self.nodeId, { grants, refuses: false, suspect: suspect !== null, last })
    this.#toOthers({ type: 'fence', epoch: this.#epoch, nonce: this.#nonce, last })
    this.#countGrants()
  }

  onFenceReply(from: string, frame: FrameOf<'fenceReply'>): void {
    this.#highestPromised = Math.max(this.#highestPromised, frame.promised)
    if (this.#phase !== 'fencing' || frame.nonce !== this.#nonce) return
    if (frame.epoch !== this.#epoch) return
    if (!frame.promises && frame.promised > this.#epoch) {
      this.#lose('a voter has promised a higher epoch')
      return
    }
    this.#answers.set(from, { ...frame, refuses: !frame.promises })
    this.#countGrants()
  }

  /** A voter that could not be reached before may be asked now. */
  onLinkUp(peer: Peer): void {
    if (!this.#isVoter(peer)) return
    const last = this.#voter.last()
    if (this.#phase === 'preVote') {
      this.#context.send(peer.nodeId, { type: 'preVote', round: this.#round, last })
    } else if (this.#phase === 'fencing') {
      const { nodeId } = peer
      this.#context.send(nodeId, { type: 'fence', epoch: this.#epoch, nonce: this.#nonce, last })
    }
  }

  onTick(): void {
    if (this.#phase === 'idle' || this.#context.nowMs < this.#deadlineMs) return
    this.#lose(`no answer from a quorum (${this.#phase})`)
  }

  #begin(phase: Phase, timeoutMs: number): void {
    this.#phase = phase
    this.#deadlineMs = this.#context.nowMs + timeoutMs
    if (phase !== 'promising') this.#answers.clear()
  }

  #lose(reason: string): void {
    const own = this.#voter.last()
    const behind = [...this.#answers.values()].some(({ last }) => !notOlder(own, last))
    this.#phase = 'idle'
    this.#owner.lost(reason, behind)
  }

  #toOthers(frame: FrameOf<'preVote'> | FrameOf<'fence'>): void {
    for (const peer of this.#context.peers.values()) {
      if (this.#isVoter(peer)) this.#context.send(peer.nodeId, frame)
    }
  }

  /** R9: a node whose disk was replaced is not the voter that its seat names (R1). */
  #isVoter({ nodeId, storeUuid }: Peer): boolean {
    const seats = this.#context.config?.seats ?? []
    return seats.some((seat) => seat?.nodeId === nodeId && seat.storeUuid === storeUuid)
  }

  #countPreVotes(): void {
    const outcome = this.#outcome()
    if (outcome === 'open') return
    if (outcome === 'lost') {
      this.#lose('a quorum hears a leader or has a newer log')
      return
    }
    this.#begin('allocating', ALLOCATE_MS)
    const { promised } = this.#context
    const above = Math.max(this.#highestPromised, promised.epoch)
    this.#context.emit({ type: 'allocateEpoch', above })
  }

  #countGrants(): void {
    const outcome = this.#outcome()
    if (outcome === 'open') return
    if (outcome === 'lost') {
      this.#lose('not granted by a quorum')
      return
    }
    this.#phase = 'idle'
    this.#owner.won(this.#epoch, this.#nonce, outcome === 'wonWithPossibleLoss')
  }

  #outcome(): 'won' | 'wonWithPossibleLoss' | 'lost' | 'open' {
    const { config, self } = this.#context
    if (config === null) return 'lost'
    const seats = config.seats.length
    const quorum = quorumOf(config)
    const own = this.#voter.last()
    let grants = 0
    let refusals = 0
    let clean = 0
    let newest = true
    for (const answer of this.#answers.values()) {
      if (answer.grants && !answer.refuses) grants++
      if (answer.refuses) refusals++
      if (!answer.suspect) clean++
      newest &&= notOlder(own, answer.last)
    }
    // R9, R34: a suspect replica cannot win by the grants of others.
    const isClean = this.#answers.get(self.nodeId)?.grants === true
    if (isClean && grants >= quorum) return 'won'
    const expected = this.#expectedAnswers(config)
    const open = (isClean && grants + expected >= quorum) || (newest && refusals === 0)
    if (expected > 0) return open ? 'open' : 'lost'
    if (this.#answers.size < seats) return 'lost'
    // R10: everybody has promised, a clean quorum does not exist, and no log is newer than ours.
    return refusals === 0 && clean < quorum && newest ? 'wonWithPossibleLoss' : 'lost'
  }

  /** Voters that can be reached and have not answered yet. */
  #expectedAnswers(config: ClusterConfig): number {
    let expected = 0
    for (const { nodeId, storeUuid } of voters(config)) {
      const reachable = this.#context.peers.get(nodeId)?.storeUuid === storeUuid
      if (reachable && !this.#answers.has(nodeId)) expected++
    }
    return expected
  }
}
