/** Line drawings on a grid of 20, each one path. */
const shapes = {
  home: 'M3 9.5 10 4l7 5.5V16a1 1 0 0 1-1 1h-3.5v-5h-5v5H4a1 1 0 0 1-1-1z',
  queues: 'M3 5h14M3 10h14M3 15h9M15 13l2.5 2L15 17',
  topics:
    'M10 10m-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0M6.5 6.5a5 5 0 0 0 0 7M13.5 6.5a5 5 0 0 1 0 7M4 4a8.5 8.5 0 0 0 0 12M16 4a8.5 8.5 0 0 1 0 12',
  subscribers:
    'M7.5 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 16c0-3 2-4.500 4.500-4.500S12 13 12 16M13 9a2 2 0 1 0 0-4M14 11.600c2 .3 3 1.900 3 4.400',
  connections:
    'M7 13 13 7M8.500 5.500l1-1a3.500 3.500 0 0 1 5 5l-1 1M11.500 14.500l-1 1a3.500 3.500 0 0 1-5-5l1-1',
  cluster:
    'M10 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM15 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM9 6.700 6 13.200M11 6.700l3 6.500M7 15h6',
  plus: 'M10 4v12M4 10h12',
  send: 'M3 10 17 4l-5 13-3-5.500zM9 11.500 17 4',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  move: 'M3 10h13M12 6l4 4-4 4',
  delete: 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.600L14 6',
  purge: 'M4 16h12M6 13l7-9 3 2.300-6 7.700H7z',
  refresh: 'M16 10a6 6 0 1 1-1.800-4.300M16 3v3.500h-3.500',
  back: 'M12 5l-5 5 5 5',
  forward: 'M8 5l5 5-5 5',
  search: 'M9 14A5 5 0 1 0 9 4a5 5 0 0 0 0 10zM13 13l4 4',
  keyboard: 'M2.500 6h15v9h-15zM5 9h.1M8 9h.1M11 9h.1M14 9h.1M6 12h8',
} as const

export type IconName = keyof typeof shapes

/** For the eye alone: what it means stands beside it, or in the label of what it is in. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  )
}
