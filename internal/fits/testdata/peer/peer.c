/* Times cfitsio on four columns of a light curve held in memory, in the chunks
   that its manual recommends: fits_get_rowsize rows of each column in turn.
   usage: peer FILE RUNS; prints nanoseconds of each run. */
#include <fitsio.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
	FILE *in = fopen(argv[1], "rb");
	fseek(in, 0, SEEK_END);
	size_t size = ftell(in);
	rewind(in);
	void *buf = malloc(size);
	if (fread(buf, 1, size, in) != size) return 1;
	fclose(in);
	static char *names[] = {"TIME", "PDCSAP_FLUX", "PDCSAP_FLUX_ERR", "QUALITY"};
	for (int run = 0; run < atoi(argv[2]); run++) {
		long long start = now();
		fitsfile *f;
		int status = 0, col[4], any;
		long rows, step;
		fits_open_memfile(&f, "x.fits", READONLY, &buf, &size, 0, NULL, &status);
		fits_movabs_hdu(f, 2, NULL, &status);
		fits_get_num_rows(f, &rows, &status);
		fits_get_rowsize(f, &step, &status);
		for (int i = 0; i < 4; i++) fits_get_colnum(f, CASEINSEN, names[i], &col[i], &status);
		double *time = malloc(rows * sizeof(double));
		float *flux[2];
		for (int i = 0; i < 2; i++) flux[i] = malloc(rows * sizeof(float));
		int *q = malloc(rows * sizeof(int));
		for (long first = 1; first <= rows; first += step) {
			long n = rows - first + 1 < step ? rows - first + 1 : step;
			fits_read_col(f, TDOUBLE, col[0], first, 1, n, NULL, time + first - 1, &any, &status);
			for (int i = 0; i < 2; i++)
				fits_read_col(f, TFLOAT, col[i + 1], first, 1, n, NULL, flux[i] + first - 1, &any, &status);
			fits_read_col(f, TINT, col[3], first, 1, n, NULL, q + first - 1, &any, &status);
		}
		fits_close_file(f, &status);
		free(time);
		for (int i = 0; i < 2; i++) free(flux[i]);
		free(q);
		if (status) {
			fits_report_error(stderr, status);
			return 1;
		}
		printf("%lld\n", now() - start);
	}
	return 0;
}
