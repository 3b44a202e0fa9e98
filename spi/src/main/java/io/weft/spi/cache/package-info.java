// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The coherent cache as the node sees it. */
package io.weft.spi.cache;
