import { forgetfulDiskMissing } from '../forgetful-disk/forgetful-disk.ts'
import type { Equipment, EquipmentName } from './equipment.ts'
import { plainEquipment } from './equipment.ts'
import { ForgetfulDisks } from './forgetful-disks.ts'
import { SmallDisks } from './small-disks.ts'
import { WallClocks, wallClocksMissing } from './wall-clocks.ts'

/** `directory`: exists, and is the cluster's alone. */
export function makeEquipment(name: EquipmentName, directory: string): Equipment {
  switch (name) {
    case 'plain':
      return plainEquipment
    case 'wall clocks':
      return new WallClocks(directory)
    case 'small disks':
      return new SmallDisks()
    case 'forgetful disks':
      return new ForgetfulDisks()
  }
}

/** Why there is no such equipment on this machine; false when there is. */
export function equipmentMissing(name: EquipmentName): string | false {
  if (name === 'wall clocks') return wallClocksMissing()
  if (name === 'forgetful disks') return forgetfulDiskMissing()
  return false
}
