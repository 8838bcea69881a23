/** What a disk writes as a whole. */
export const SECTOR_BYTES = 512
/** What the kernel writes back as a whole, as a rule; a crash may still tear it. */
export const PAGE_BYTES = 4096

/** The content of a sector by its number; 0 is a sector of zeros. Equal content, equal number. */
export type SectorId = number

const idByContent = new Map<string, SectorId>()
const contents: Buffer[] = [Buffer.alloc(SECTOR_BYTES)]
idByContent.set(contents[0]!.toString('latin1'), 0)

/** The number of this content; `content` is one sector long and is copied when it is new. */
export function sectorIdOf(content: Buffer): SectorId {
  const key = content.toString('latin1')
  const known = idByContent.get(key)
  if (known !== undefined) return known
  const id = contents.push(Buffer.from(content)) - 1
  idByContent.set(key, id)
  return id
}

/** Not to be written to. */
export function sectorContent(id: SectorId): Buffer {
  return contents[id]!
}

/** The sector with everything from byte `length` on turned into zeros. */
export function sectorCutAt(id: SectorId, length: number): SectorId {
  if (id === 0) return 0
  const content = Buffer.from(sectorContent(id))
  content.fill(0, length)
  return sectorIdOf(content)
}

/** A file as the sectors that are not all zeros. */
export interface SparseFile {
  sizeBytes: number
  readonly sectors: Map<number, SectorId>
}

export function emptyFile(): SparseFile {
  return { sizeBytes: 0, sectors: new Map() }
}

export function copyOf(file: SparseFile): SparseFile {
  return { sizeBytes: file.sizeBytes, sectors: new Map(file.sectors) }
}

export function setSector(file: SparseFile, sector: number, id: SectorId): void {
  if (id === 0) file.sectors.delete(sector)
  else file.sectors.set(sector, id)
}

export interface SectorChange {
  readonly sector: number
  readonly id: SectorId
}

/** Writes, and returns the sectors as they are now. */
export function writeSectors(file: SparseFile, bytes: Buffer, position: number): SectorChange[] {
  const changes: SectorChange[] = []
  const end = position + bytes.length
  const scratch = Buffer.alloc(SECTOR_BYTES)
  const first = Math.floor(position / SECTOR_BYTES)
  for (let sector = first; sector * SECTOR_BYTES < end; sector++) {
    const start = sector * SECTOR_BYTES
    const from = Math.max(start, position)
    const to = Math.min(start + SECTOR_BYTES, end)
    sectorContent(file.sectors.get(sector) ?? 0).copy(scratch)
    bytes.copy(scratch, from - start, from - position, to - position)
    const id = sectorIdOf(scratch)
    setSector(file, sector, id)
    changes.push({ sector, id })
  }
  file.sizeBytes = Math.max(file.sizeBytes, end)
  return changes
}

/** Turns everything from `sizeBytes` on into zeros. */
export function cutSectors(file: SparseFile, sizeBytes: number): void {
  const end = Math.ceil(sizeBytes / SECTOR_BYTES)
  for (const sector of file.sectors.keys()) if (sector >= end) file.sectors.delete(sector)
  const last = Math.floor(sizeBytes / SECTOR_BYTES)
  const id = file.sectors.get(last)
  if (id !== undefined) setSector(file, last, sectorCutAt(id, sizeBytes - last * SECTOR_BYTES))
}

/** Shortens or lengthens; what lies beyond the size is always zeros. */
export function resize(file: SparseFile, sizeBytes: number): void {
  if (sizeBytes < file.sizeBytes) cutSectors(file, sizeBytes)
  file.sizeBytes = sizeBytes
}

export function readSectors(file: SparseFile, target: Buffer, position: number): number {
  const end = Math.min(position + target.length, file.sizeBytes)
  if (position >= end) return 0
  target.fill(0, 0, end - position)
  const first = Math.floor(position / SECTOR_BYTES)
  for (let sector = first; sector * SECTOR_BYTES < end; sector++) {
    const id = file.sectors.get(sector)
    if (id === undefined) continue
    const start = sector * SECTOR_BYTES
    const from = Math.max(start, position)
    sectorContent(id).copy(
      target,
      from - position,
      from - start,
      Math.min(SECTOR_BYTES, end - start),
    )
  }
  return end - position
}
