// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** What a node is told about itself and its cluster. */
package io.weft.spi.node;
