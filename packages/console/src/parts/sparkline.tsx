const WIDTH = 96
const HEIGHT = 22

interface SparklineProps {
  readonly values: readonly number[]
  /** Values that fill the width; fewer of them begin further right. */
  readonly span: number
  readonly tone?: 'in' | 'out' | 'plain'
}

/** The course of a figure, without axes; the figure itself stands beside it. */
export function Sparkline({ values, span, tone = 'plain' }: SparklineProps) {
  const highest = Math.max(...values, 0)
  const step = WIDTH / Math.max(1, span - 1)
  const begin = WIDTH - (values.length - 1) * step
  const points = values.map((value, at) => {
    const y = HEIGHT - 2 - (highest === 0 ? 0 : (value / highest) * (HEIGHT - 4))
    return `${(begin + at * step).toFixed(1)},${y.toFixed(1)}`
  })
  const area = `${begin.toFixed(1)},${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`
  return (
    <svg
      class={`sparkline ${tone}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {values.length > 1 && (
        <>
          <polygon points={area} />
          <polyline points={points.join(' ')} />
        </>
      )}
    </svg>
  )
}
