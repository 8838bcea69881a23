#!/usr/bin/env node
// In the repository, so that npm can link the command before the first build.
import '../dist/cli/activemq.js'
