/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage-2, as it was linked, inside sbrun: the bytes from stage2_blob up to stage2_blob_end go into a sealed
 * memfd. A page boundary in front lets write(2) copy whole pages. STAGE2_ELF is the Makefile's.
 */
	.section .rodata.stage2, "a"
	.balign 4096
	.global stage2_blob
	.type stage2_blob, %object
stage2_blob:
	.incbin STAGE2_ELF
	.global stage2_blob_end
	.type stage2_blob_end, %object
stage2_blob_end:
	.byte 0
	.size stage2_blob, stage2_blob_end - stage2_blob

	.section .note.GNU-stack, "", %progbits
