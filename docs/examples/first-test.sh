npx loadwright init sagemaker --yes --format yaml
npx loadwright run --emulator --duration 10s
npx loadwright report
