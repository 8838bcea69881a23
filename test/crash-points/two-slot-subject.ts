import type { FileSystem } from '@quorate/broker/store/journal/file-system'
import { TwoSlotFile } from '@quorate/broker/store/two-slot-file'
import type { Boot, Subject } from './explorer.ts'
import type { Trace } from './trace.ts'

export const TWO_SLOT_PATH = '/data/meta'

/** The file holds numbers that only grow, each in a payload of its own length. */
export interface TwoSlotDuty {
  /** Reported as written, 0 for none. */
  readonly written: number
  /** What a write is under way for, or was. */
  readonly attempted: number
}

export interface FoundNumber {
  readonly state: 'absent' | 'valid' | 'bad'
  readonly number: number
}

export class TwoSlotSubject implements Subject<TwoSlotDuty, FoundNumber> {
  bootOf(): Boot {
    return 0
  }

  async recover(fileSystem: FileSystem): Promise<FoundNumber> {
    const { state, payload } = await openNumbers(fileSystem)
    if (payload === null) return { state, number: 0 }
    const number = payload.readUInt32BE(0)
    return { state, number: payload.equals(payloadOf(number)) ? number : Infinity }
  }

  judge({ state, number }: FoundNumber, { written, attempted }: TwoSlotDuty): string | null {
    if (state === 'bad') return `unreadable, ${written} was written`
    if (number < written) return `went back to ${number}, ${written} was written`
    if (number > attempted) return `invented: ${number} of ${attempted}`
    return null
  }

  async liveOn(
    fileSystem: FileSystem,
    trace: Trace<TwoSlotDuty>,
    { written, attempted }: TwoSlotDuty,
  ): Promise<void> {
    trace.note({ written, attempted })
    const { number } = await this.recover(fileSystem)
    await writeNumbers(fileSystem, trace, [number + 1, number + 2])
  }
}

/** Opens the file and writes these numbers, one after the other. */
export async function writeNumbers(
  fileSystem: FileSystem,
  trace: Trace<TwoSlotDuty>,
  numbers: readonly number[],
): Promise<void> {
  const { file, payload } = await openNumbers(fileSystem)
  let written = payload?.readUInt32BE(0) ?? 0
  for (const number of numbers) {
    trace.note({ written, attempted: number })
    await file.write(payloadOf(number))
    written = number
    trace.note({ written, attempted: number })
  }
  await file.close()
}

function openNumbers(fileSystem: FileSystem): ReturnType<typeof TwoSlotFile.open> {
  return TwoSlotFile.open({ fileSystem, path: TWO_SLOT_PATH, copyBytes: 16_384 })
}

/** Short and long ones in turn, so that what a longer one leaves behind is seen. */
const LENGTHS = [10, 600, 16_000, 4, 4_090, 9_000]

function payloadOf(number: number): Buffer {
  const payload = Buffer.alloc(LENGTHS[number % LENGTHS.length]!, `number ${number}`)
  payload.writeUInt32BE(number, 0)
  return payload
}
