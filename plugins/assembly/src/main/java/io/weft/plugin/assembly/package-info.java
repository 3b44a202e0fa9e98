// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Builds a node from a configuration.
 *
 * <ol>
 *   <li><b>AS-1 (presence activates nothing).</b> A plugin jar that is merely present contributes a
 *       short name and default settings. Only the modules that the configuration chooses are
 *       resolved.
 *   <li><b>AS-2 (all mistakes together).</b> A configuration with mistakes starts nothing. All
 *       mistakes are reported together, each with its place, its value and the allowed values.
 *   <li><b>AS-3 (nothing is ignored).</b> Every key under {@code weft} is known, or an error.
 *   <li><b>AS-4 (one of each).</b> Every plugin interface is filled by exactly one plugin, which
 *       exposes only that interface.
 *   <li><b>AS-5 (complete or nothing).</b> A start that fails closes everything that it opened.
 * </ol>
 */
package io.weft.plugin.assembly;
