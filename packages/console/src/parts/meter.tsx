interface MeterProps {
  readonly label: string
  /** null: there is no limit. */
  readonly percent: number | null
  readonly text: string
}

const WARN_PERCENT = 70
const FULL_PERCENT = 90

/** How much of something is used. */
export function Meter({ label, percent, text }: MeterProps) {
  const value = Math.max(0, Math.min(100, percent ?? 0))
  const tone = value >= FULL_PERCENT ? 'full' : value >= WARN_PERCENT ? 'warn' : ''
  return (
    <div class="meter">
      <div class="meter-words">
        <span>{label}</span>
        <span class="muted">
          {text}
          {percent !== null && <b> {Math.round(percent)} %</b>}
        </span>
      </div>
      <div
        class="meter-track"
        role="meter"
        aria-label={label}
        aria-valuenow={Math.round(value)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={text}
      >
        <div class={`meter-fill ${tone}`} style={{ width: `${value}%` }} />
      </div>
    </div>
  )
}
