// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.spi.directory.HashStrategy;
import io.weft.spi.directory.ResourceDirectory;

/**
 * The parts of a plan that decide which node masters a block, without a node around them.
 *
 * @param strategy proposes the maps
 * @param directory answers from the map that is installed in it
 */
public record Hashing(HashStrategy strategy, ResourceDirectory directory) {}
