/** What has to happen somewhere in a batch of histories, or the batch has shown nothing about it. */
export const sightings = [
  'a follower was elected after the leader died',
  'a diverged log was cut',
  'a replica was suspect',
  'a suspect replica was cleared',
  'everybody had to be present for an election',
  'a seat changed its store',
  'an index was loaded from a checkpoint',
  'an index was rebuilt from the log',
  'a leader lost its lease',
  'a disk refused a sync',
  'a disk refused a read',
  'a disk refused a write',
  'a disk refused a full sync',
  'a disk refused to sync a directory',
  'a start met a failing disk',
  'a disk was full',
  'a damaged log was cut and fetched again',
  'an epoch was refused by a voter',
] as const

export type Sighting = (typeof sightings)[number]
