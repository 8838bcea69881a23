import { ForgetfulDisk } from '../forgetful-disk/forgetful-disk.ts'
import type { Equipment } from './equipment.ts'

/** Each broker's data lies on a disk that can lose what was not synced, be slow, or fail. */
export class ForgetfulDisks implements Equipment {
  readonly name = 'forgetful disks'
  readonly settings = {}
  readonly #disks = new Map<string, ForgetfulDisk>()

  environmentOf(broker: string): Readonly<Record<string, string>> {
    return this.disk(broker).environment
  }

  prepare(node: { readonly name: string; readonly dataDirectory: string }): Promise<void> {
    this.#disks.set(node.name, new ForgetfulDisk(node.dataDirectory))
    return Promise.resolve()
  }

  disk(broker: string): ForgetfulDisk {
    const disk = this.#disks.get(broker)
    if (disk === undefined) throw new Error(`${broker} has no forgetful disk`)
    return disk
  }

  restore(): Promise<void> {
    for (const disk of this.#disks.values()) disk.setMode({})
    return Promise.resolve()
  }

  /** The data directories go with the cluster's. */
  dispose(): Promise<void> {
    return Promise.resolve()
  }
}
