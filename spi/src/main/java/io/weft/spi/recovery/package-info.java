// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The interface between the coherent cache and the redo of failed nodes. */
package io.weft.spi.recovery;
