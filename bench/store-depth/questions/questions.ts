import type { QuestionName } from '../options.ts'
import { backlog } from './backlog.ts'
import { catchUp } from './catch-up.ts'
import { consume } from './consume.ts'
import { held } from './held.ts'
import { indexSize } from './index-size.ts'
import { manyQueues } from './many-queues.ts'
import type { Question } from './question.ts'
import { restart } from './restart.ts'
import { takeover } from './takeover.ts'

export const questions: Readonly<Record<QuestionName, Question>> = {
  backlog,
  takeover,
  restart,
  index: indexSize,
  consume,
  'many-queues': manyQueues,
  held,
  'catch-up': catchUp,
}
