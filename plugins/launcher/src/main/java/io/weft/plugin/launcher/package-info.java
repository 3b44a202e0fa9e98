// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The {@code weft} command.
 *
 * <p>Exit codes of all commands: 0 done; 1 a failure, of which one line with a stable code tells; 2
 * a mistake on the command line or in a configuration, so that repeating it changes nothing.
 *
 * <p>With {@code --json} standard output holds one JSON object and nothing else; what people want
 * to know beside it goes to standard error.
 */
package io.weft.plugin.launcher;
