import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MatrixResult } from '../cell-result.ts'
import { renderHtml } from './html-report.ts'
import { renderText } from './text-report.ts'

/** Writes `report.txt` and `report.html` beside `result.json`, and answers the text. */
export function writeReport(directory: string, result: MatrixResult): string {
  const text = renderText(result)
  writeFileSync(join(directory, 'report.txt'), text)
  writeFileSync(join(directory, 'report.html'), renderHtml(result))
  return text
}
