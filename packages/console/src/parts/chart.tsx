import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { useAppearance } from './use-appearance.ts'

export interface Series {
  readonly label: string
  /** A variable of the style sheet: `--chart-in`. */
  readonly color: string
  readonly values: readonly number[]
}

interface ChartProps {
  readonly title: string
  /** Seconds before now of each value; ascending to 0. */
  readonly seconds: readonly number[]
  readonly series: readonly Series[]
  readonly format: (value: number) => string
  /** Seconds that the axis shows. */
  readonly span: number
  /** The chosen appearance: what is drawn has its colours. */
  readonly theme: string
}

const HEIGHT = 190

/**
 * Figures over time. A table cannot follow once a second; the latest values stand in its legend.
 */
export function Chart(props: ChartProps) {
  const { title, seconds, series, format, theme } = props
  const place = useRef<HTMLDivElement>(null)
  const drawn = useRef<uPlot | null>(null)
  const key = [useAppearance(theme), title, ...series.map(({ label }) => label)].join()
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const plot = new uPlot(optionsOf(props, element), [[], ...series.map(() => [])], element)
    drawn.current = plot
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.destroy()
      drawn.current = null
    }
  }, [key])
  useEffect(() => {
    drawn.current?.setData([[...seconds], ...series.map(({ values }) => [...values])])
  }, [key, seconds, series])
  return (
    <figure class="panel chart">
      <figcaption>
        <h2>{title}</h2>
        <ul class="legend">
          {series.map(({ label, color, values }) => (
            <li key={label}>
              <i class={`swatch ${color}`} />
              {label} <b>{format(values.at(-1) ?? 0)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot" ref={place} role="img" aria-label={title} />
    </figure>
  )
}

function optionsOf({ series, format, span }: ChartProps, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element)
  const colorOf = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  const axis = {
    stroke: colorOf('muted'),
    grid: { stroke: colorOf('line'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  }
  return {
    width: Math.max(1, element.clientWidth),
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: () => [-span, 0] },
      y: { range: (_plot, _low, high) => [0, Math.max(1, (high ?? 0) * 1.15)] },
    },
    axes: [
      { ...axis, size: 26, incrs: [60], values: (_plot, splits) => splits.map(agoText) },
      { ...axis, size: 62, values: (_plot, splits) => splits.map((value) => format(value)) },
    ],
    series: [
      {},
      ...series.map(({ label, color }) => ({
        label,
        stroke: colorOf(color),
        fill: `${colorOf(color)}1f`,
        width: 2,
        points: { show: false },
      })),
    ],
  }
}

function agoText(seconds: number): string {
  const ago = Math.round(-seconds)
  if (ago === 0) return '0'
  return ago % 60 === 0 ? `−${ago / 60} min` : `−${ago} s`
}
