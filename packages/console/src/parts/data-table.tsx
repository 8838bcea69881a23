import type { ComponentChildren } from 'preact'
import { useSay } from '../language/language.ts'
import type { WordKey } from '../language/language.ts'

export interface Column<T, S extends string = never> {
  readonly key: string
  readonly title: string
  /** In place of the title. */
  readonly head?: ComponentChildren
  readonly isNumber?: boolean
  /** What the API calls it when it is sorted by. */
  readonly sort?: S
  readonly cell: (row: T) => ComponentChildren
}

export interface Order<S extends string> {
  readonly by: S
  readonly isDescending: boolean
}

interface DataTableProps<T, S extends string> {
  readonly caption: string
  readonly columns: readonly Column<T, S>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  /** Said in place of rows; null: nothing is. */
  readonly nothing: WordKey | null
  readonly order?: Order<S>
  readonly onSort?: (order: Order<S>) => void
}

/** Rows under headers that stay in sight while they scroll. */
export function DataTable<T, S extends string = never>(props: DataTableProps<T, S>) {
  const { caption, columns, rows, keyOf, nothing } = props
  const say = useSay()
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.key} column={column} {...props} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ key, isNumber, cell }) => (
                <td key={key} class={isNumber === true ? `number ${key}` : key}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && nothing !== null && <p class="nothing">{say(nothing)}</p>}
    </div>
  )
}

function HeadCell<T, S extends string>({
  column: { sort, title, head, isNumber, key },
  order,
  onSort,
}: DataTableProps<T, S> & { readonly column: Column<T, S> }) {
  const classes = isNumber === true ? `number ${key}` : key
  if (sort === undefined || onSort === undefined) {
    return (
      <th scope="col" class={classes}>
        {head ?? title}
      </th>
    )
  }
  const isSorted = order?.by === sort
  const isDescending = isSorted && order.isDescending
  const word = isDescending ? 'descending' : 'ascending'
  // Figures are looked at from the biggest.
  const next = isSorted ? !isDescending : isNumber === true
  return (
    <th scope="col" class={classes} aria-sort={isSorted ? word : 'none'}>
      <button type="button" onClick={() => onSort({ by: sort, isDescending: next })}>
        {title}
        {isSorted && <span aria-hidden="true">{isDescending ? '▾' : '▴'}</span>}
      </button>
    </th>
  )
}
