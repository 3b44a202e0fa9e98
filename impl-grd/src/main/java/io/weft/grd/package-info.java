// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Determines the master of each block. */
package io.weft.grd;
