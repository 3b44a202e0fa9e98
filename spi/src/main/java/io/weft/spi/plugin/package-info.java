// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** How a plugin declares itself. */
package io.weft.spi.plugin;
