#!/usr/bin/env node
import { runProcess } from './process-entry.ts'

await runProcess((args) => args)
