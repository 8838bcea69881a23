import { render } from 'preact'
import { Live } from './api/live.ts'
import { LiveContext } from './api/use-live.ts'
import { ConsoleApp } from './console-app.tsx'

const place = document.getElementById('console')
if (place !== null) {
  const live = new Live()
  live.start()
  render(
    <LiveContext.Provider value={live}>
      <ConsoleApp />
    </LiveContext.Provider>,
    place,
  )
}
