#!/usr/bin/env node
import { quorateArguments } from './activemq-words.ts'
import { runProcess } from './process-entry.ts'

await runProcess(quorateArguments)
