// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Builds a node from a configuration.
 *
 * <ol>
 *   <li><b>AS-1 (presence is nothing).</b> A plugin jar that is merely present contributes a short
 *       name and default settings. Only the modules that the configuration chooses are resolved.
 *   <li><b>AS-2 (all at once).</b> A configuration with mistakes starts nothing; all of them are
 *       reported together, each with its place, its value and what is allowed.
 *   <li><b>AS-3 (nothing is ignored).</b> Every key under {@code weft} is known, or an error.
 *   <li><b>AS-4 (one of each).</b> Every plugin interface is filled by exactly one plugin, which
 *       shows the others that interface and nothing else.
 *   <li><b>AS-5 (whole or not at all).</b> A start that fails halfway closes everything it opened.
 * </ol>
 */
package io.weft.plugin.assembly;
