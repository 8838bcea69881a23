// Writes docs/internals/walkthroughs.md anew, from the scripts in test/simulation/walkthroughs:
//
//   node --conditions=quorate-source --import tsx test/simulation/walkthroughs-command.ts
import { writeFileSync } from 'node:fs'
import { walkthroughsPage, walkthroughsPagePath } from './walkthroughs/walkthroughs-page.ts'

writeFileSync(walkthroughsPagePath, walkthroughsPage())
